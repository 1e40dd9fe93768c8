;; Text that does not parse.
;; = module text is not understood: expected `)`
(module (func (export "fn:a.b:entry") (i32.add)
