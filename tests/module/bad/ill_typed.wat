;; Code that does not validate; the function is named.
;; = function `broken` is not valid: type mismatch: expected i32, found i64 (byte 48)
(module (func $broken (result i32) (i64.const 0)) (func (export "fn:a.b:entry")))
