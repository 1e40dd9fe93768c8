;; Threads are off.
;; = module is not valid: threads must be enabled for shared memories (byte 21)
;; = hint: modules may use the features of Lime1: mutable globals, sign extension, saturating float to int, bulk memory copy and fill, multi-value, extended const; build for the baseline CPU of your compiler
(module (memory 1 1 shared) (func (export "fn:a.b:entry")))
