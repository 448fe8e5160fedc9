(print "before")
(+ 1 (undefined 2))
(print "never")
