;; Tail calls are off.
;; = function `f` is not valid: tail calls support is not enabled (byte 42)
;; = hint: modules may use the features of Lime1: mutable globals, sign extension, saturating float to int, bulk memory copy and fill, multi-value, extended const; build for the baseline CPU of your compiler
(module (func $f (return_call $f)) (func (export "fn:a.b:entry")))
