;; Random bytes, charged by byte; arguments and variables, of which there are none.
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"random":0,"random none":0,"random end":0,"random bad":21,"random long":21,"differs":1,"inside":1,"args":0,"environ":0,"zeroed":1,"args bad":21,"environ bad":21}}
;; expect fault {"probe":"much","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
;; expect summary {"probe":"much","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
(module
  (import "probe1" "emit" (func $emit (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "probe1.field" "random" (func $f_random (param i64)))
  (import "probe1.field" "random none" (func $f_random_none (param i64)))
  (import "probe1.field" "random end" (func $f_random_end (param i64)))
  (import "probe1.field" "random bad" (func $f_random_bad (param i64)))
  (import "probe1.field" "random long" (func $f_random_long (param i64)))
  (import "probe1.field" "differs" (func $f_differs (param i64)))
  (import "probe1.field" "inside" (func $f_inside (param i64)))
  (import "probe1.field" "args" (func $f_args (param i64)))
  (import "probe1.field" "environ" (func $f_environ (param i64)))
  (import "probe1.field" "zeroed" (func $f_zeroed (param i64)))
  (import "probe1.field" "args bad" (func $f_args_bad (param i64)))
  (import "probe1.field" "environ bad" (func $f_environ_bad (param i64)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (memory (export "memory") 2)
  (func (export "fn:shop.cart.*:entry")
    (call $f_random (call $box (call $random_get (i32.const 8) (i32.const 13))))
    (call $f_random_none (call $box (call $random_get (i32.const 131072) (i32.const 0))))
    (call $f_random_end (call $box (call $random_get (i32.const 131071) (i32.const 1))))
    (call $f_random_bad (call $box (call $random_get (i32.const 131071) (i32.const 2))))
    (call $f_random_long (call $box (call $random_get (i32.const 8) (i32.const -1))))
    (call $f_differs (call $box (i64.ne (i64.load (i32.const 8)) (i64.load (i32.const 13)))))
    (call $f_inside (call $box (i32.eqz (i32.or (i32.load8_u (i32.const 7)) (i32.load (i32.const 21))))))
    (i64.store (i32.const 64) (i64.const -1))
    (i64.store (i32.const 72) (i64.const -1))
    (call $f_args (call $box (call $args_sizes_get (i32.const 64) (i32.const 68))))
    (call $f_environ (call $box (call $environ_sizes_get (i32.const 72) (i32.const 76))))
    (call $f_zeroed (call $box (i64.eqz (i64.or (i64.load (i32.const 64)) (i64.load (i32.const 72))))))
    (call $f_args_bad (call $box (call $args_sizes_get (i32.const -4) (i32.const 68))))
    (call $f_environ_bad (call $box (call $environ_sizes_get (i32.const 72) (i32.const 131069))))
    (drop (call $emit)))
  (func (export "fn:shop.cart.*:entry#much") ;; more bytes than a firing may have
    (drop (call $random_get (i32.const 0) (i32.const 65536)))))
