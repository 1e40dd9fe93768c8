;; Of a list only so many pieces are written, and the guest is told how much that was.
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"status":0,"written":64}}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
(module
  (import "probe1" "emit" (func $emit (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "probe1.field" "status" (func $f_status (param i64)))
  (import "probe1.field" "written" (func $f_written (param i64)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (memory (export "memory") 1)
  (data (i32.const 0) "x\n")
  (func (export "fn:shop.cart.*:entry") (local $i i32)
    (loop $n ;; 100 pieces of one byte: the 64 first are taken
      (i32.store (i32.add (i32.const 1024) (i32.mul (local.get $i) (i32.const 8))) (i32.const 0))
      (i32.store (i32.add (i32.const 1028) (i32.mul (local.get $i) (i32.const 8))) (i32.const 1))
      (br_if $n (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
    (call $f_status (call $box (call $fd_write (i32.const 1) (i32.const 1024) (i32.const 100) (i32.const 8))))
    (call $f_written (call $box (i32.load (i32.const 8))))
    (drop (call $fd_write (i32.const 1) (i32.const 1024) (i32.const -1) (i32.const 8)))
    (drop (call $emit))))
