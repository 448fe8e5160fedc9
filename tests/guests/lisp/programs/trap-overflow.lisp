(print "dividing")
(/ -9223372036854775808 -1)
