;; Printing is charged by byte and by line, before it is done.
;; fire: entry
;; expect fault {"probe":"bytes","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"lines","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"bytes","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
;; expect summary {"probe":"lines","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{}}
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 0) "\00\04\00\00\00\00\01\00") ;; 64 KiB at 1024
  (data (i32.const 8) "\00\04\00\00\00\04\00\00") ;; 1 KiB of new lines
  (func (export "fn:shop.cart.*:entry#bytes") ;; more bytes than a firing may move
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))
  (func (export "fn:shop.cart.*:entry#lines") ;; few bytes, but as many lines
    (memory.fill (i32.const 1024) (i32.const 0x0a) (i32.const 1024))
    (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))
    (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
