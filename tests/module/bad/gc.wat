;; Garbage collection is off.
;; = module is not valid: struct indexed types not supported without the gc feature (byte 11)
;; = hint: modules may use the features of Lime1: mutable globals, sign extension, saturating float to int, bulk memory copy and fill, multi-value, extended const; build for the baseline CPU of your compiler
(module (type (struct)) (func (export "fn:a.b:entry")))
