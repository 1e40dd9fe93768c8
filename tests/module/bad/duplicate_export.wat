;; The same place twice needs a tag.
;; = module is not valid: duplicate export name `fn:a.b:entry` already defined (byte 37)
(module (func (export "fn:a.b:entry")) (func (export "fn:a.b:entry")))
