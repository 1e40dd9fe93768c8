;; References are off.
;; = module is not valid: reference types support is not enabled (byte 11)
;; = hint: modules may use the features of Lime1: mutable globals, sign extension, saturating float to int, bulk memory copy and fill, multi-value, extended const; build for the baseline CPU of your compiler
(module (func $f (param externref)) (func (export "fn:a.b:entry")))
