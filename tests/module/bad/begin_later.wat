;; A reserved word is not ignored.
;; = export `begin`: provider `begin` is not supported yet at byte 0 of spec `begin`
;; = hint: this version has the provider `fn`: `fn:MODULE.FUNCTION:POINT`
(module (func (export "begin")) (func (export "fn:a.b:entry")))
