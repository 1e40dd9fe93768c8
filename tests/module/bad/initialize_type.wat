;; Nobody gives it an argument.
;; = export `_initialize` has type `(i32)->()`, expected `()->()`
(module (func (export "_initialize") (param i32)) (func (export "fn:a.b:entry")))
