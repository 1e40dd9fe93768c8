;; SIMD is off; the function is named.
;; = function `wide` is not valid: SIMD support is not enabled (byte 42)
;; = hint: modules may use the features of Lime1: mutable globals, sign extension, saturating float to int, bulk memory copy and fill, multi-value, extended const; build for the baseline CPU of your compiler
(module (func $wide (drop (v128.const i64x2 0 0))) (func (export "fn:a.b:entry")))
