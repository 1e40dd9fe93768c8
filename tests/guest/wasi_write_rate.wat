;; Lines are events: those above the rate are dropped and counted, and the guest is not told.
;; budget: events_per_second=10
;; fire: 20x entry
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"a"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"b"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"a"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"b"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"a"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"b"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"a"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"b"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"a"}
;; expect log {"probe":"fn:shop.cart.*:entry","level":"info","text":"b"}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":20,"rejected":0,"records":0,"faults":{},"drops":{"rate":30}}
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\04\00\00\00a\0ab\0a")
  (func (export "fn:shop.cart.*:entry") (result i32) ;; to the guest a dropped line was written
    (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))
