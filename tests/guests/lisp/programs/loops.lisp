; tail calls run in constant space, and what they leave behind is collected between forms
(define (loop n total) (if (= n 0) total (loop (- n 1) (+ total (% (* n n) 7)))))
(loop 20000 0)
(define (even? n) (if (= n 0) 'yes (odd? (- n 1))))
(define (odd? n) (if (= n 0) 'no (even? (- n 1))))
(even? 30001)
(define (collatz n steps) (cond ((= n 1) steps) ((= 0 (% n 2)) (collatz (/ n 2) (+ steps 1))) (else (collatz (+ 1 (* 3 n)) (+ steps 1)))))
(collatz 27 0)
(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))
(fib 15)
; how far (0.3, 0.5) gets in the Mandelbrot iteration, and how many points of a line stay
(define (escape x y cx cy n)
  (if (or (= n 100) (< 4 (+ (* x x) (* y y)))) n
      (escape (+ (- (* x x) (* y y)) cx) (+ (* 2 x y) cy) cx cy (+ n 1))))
(escape 0.0 0.0 0.3 0.55 0)
(define (row cy cx) (if (< 0.5 cx) () (cons (escape 0.0 0.0 cx cy 0) (row cy (+ cx 0.1)))))
(row 0.1 -2.0)
(< (now) (now))
