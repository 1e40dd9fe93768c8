;; Nor one whose `_initialize` asks the host for more than a firing may.
;; expect error `_initialize` moved more than 65536 bytes (`host_bytes_per_fire_max`)
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "_initialize") (drop (call $random_get (i32.const 0) (i32.const 0x10000))))
  (func (export "fn:shop.cart.*:entry")))
