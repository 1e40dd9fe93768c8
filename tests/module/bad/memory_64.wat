;; 64-bit memory is off.
;; = module is not valid: memory64 must be enabled for 64-bit memories (byte 21)
;; = hint: modules may use the features of Lime1: mutable globals, sign extension, saturating float to int, bulk memory copy and fill, multi-value, extended const; build for the baseline CPU of your compiler
(module (memory i64 1) (func (export "fn:a.b:entry")))
