;; Exceptions are off.
;; = module is not valid: exceptions proposal not enabled (byte 20)
;; = hint: modules may use the features of Lime1: mutable globals, sign extension, saturating float to int, bulk memory copy and fill, multi-value, extended const; build for the baseline CPU of your compiler
(module (tag $t) (func (export "fn:a.b:entry") (throw $t)))
