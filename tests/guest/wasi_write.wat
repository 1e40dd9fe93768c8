;; Text to 1 and 2 goes to the log by lines; other files do not exist; of a bad pointer nothing is written.
;; The last line without an end is there when the firing ends.
;; fire: entry
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"first"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"second"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"warn","text":"first"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"warn","text":"second"}
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"out":20,"err":13,"zero":8000,"other":8000,"negative":8000,"no list":21000,"no text":21000,"long list":21000,"none":0,"no answer":21}}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"third\u0000"}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
(module
  (import "probe1" "emit" (func $emit (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "probe1.field" "out" (func $f_out (param i64)))
  (import "probe1.field" "err" (func $f_err (param i64)))
  (import "probe1.field" "other" (func $f_other (param i64)))
  (import "probe1.field" "negative" (func $f_negative (param i64)))
  (import "probe1.field" "zero" (func $f_zero (param i64)))
  (import "probe1.field" "no list" (func $f_no_list (param i64)))
  (import "probe1.field" "no text" (func $f_no_text (param i64)))
  (import "probe1.field" "long list" (func $f_long_list (param i64)))
  (import "probe1.field" "no answer" (func $f_no_answer (param i64)))
  (import "probe1.field" "none" (func $f_none (param i64)))
  (func $box (param $n i32) (result i64) ;; an int value
    (i64.or (i64.const 0xFFF9_0000_0000_0000) (i64.and (i64.extend_i32_s (local.get $n)) (i64.const 0xFFFF_FFFF_FFFF))))
  (memory (export "memory") 1)
  (data (i32.const 0) "first\nsecond\n\nthird")
  (data (i32.const 32) "\00\00\00\00\14\00\00\00") ;; all of it
  (data (i32.const 40) "\00\00\00\00\06\00\00\00\06\00\00\00\07\00\00\00") ;; its first two lines
  (data (i32.const 64) "\00\00\00\00\05\00\00\00\fc\ff\00\00\05\00\00\00") ;; the second piece ends outside
  (data (i32.const 80) "\00\00\00\00\ff\ff\ff\ff") ;; as long as can be said
  (func $write (param $fd i32) (param $list i32) (param $n i32) (result i64)
    (i32.store (i32.const 1000) (i32.const 0))
    (call $box (i32.add (i32.mul (i32.const 1000) (call $fd_write (local.get $fd) (local.get $list) (local.get $n) (i32.const 1000)))
      (i32.load (i32.const 1000)))))
  (func (export "fn:shop.cart.*:entry") ;; error number * 1000 + bytes written
    (call $f_out (call $write (i32.const 1) (i32.const 32) (i32.const 1)))
    (call $f_err (call $write (i32.const 2) (i32.const 40) (i32.const 2)))
    (call $f_zero (call $write (i32.const 0) (i32.const 32) (i32.const 1)))
    (call $f_other (call $write (i32.const 3) (i32.const 32) (i32.const 1)))
    (call $f_negative (call $write (i32.const 0x80000000) (i32.const 32) (i32.const 1)))
    (call $f_no_list (call $write (i32.const 1) (i32.const 65533) (i32.const 1)))
    (call $f_no_text (call $write (i32.const 1) (i32.const 64) (i32.const 2)))
    (call $f_long_list (call $write (i32.const 1) (i32.const 80) (i32.const 1)))
    (call $f_none (call $write (i32.const 1) (i32.const 32) (i32.const 0)))
    (call $f_no_answer (call $box (call $fd_write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 65533))))
    (drop (call $emit))))
