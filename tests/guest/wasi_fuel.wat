;; What calls of stubs cost in fuel, exactly.
;; show: fuel
;; fire: entry
;; expect summary {"probe":"clock","firings":1,"rejected":1,"records":0,"faults":{},"drops":{},"fuel":20}
;; expect summary {"probe":"close","firings":1,"rejected":1,"records":0,"faults":{},"drops":{},"fuel":18}
;; expect summary {"probe":"constant","firings":1,"rejected":1,"records":0,"faults":{},"drops":{},"fuel":17}
;; expect summary {"probe":"write","firings":1,"rejected":1,"records":0,"faults":{},"drops":{},"fuel":30}
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "fn:shop.cart.*:entry#constant") (drop (call $sched_yield)))
  (func (export "fn:shop.cart.*:entry#close") (drop (call $fd_close (i32.const 1))))
  (func (export "fn:shop.cart.*:entry#clock") (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 0))))
  (func (export "fn:shop.cart.*:entry#write") (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))
