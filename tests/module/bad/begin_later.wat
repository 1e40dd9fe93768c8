;; A reserved word is not ignored.
;; = begin is begin args []
;; = fn:a.b:entry is fn:a.b:entry args []
(module (func (export "begin")) (func (export "fn:a.b:entry")))
