;; Lines are bounded like those of `log`; what is printed before a trap is not lost.
;; budget: value_str_bytes_max=26
;; fire: entry
;; expect log {"probe":"long","level":"warn","text":"xxxxxxxxxxxxxxxxxxxxxxxx"}
;; expect log {"probe":"trap","level":"warn","text":"end"}
;; expect log {"probe":"trap","level":"warn","text":"end"}
;; expect fault {"probe":"trap","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"long","firings":1,"rejected":0,"records":0,"faults":{},"drops":{}}
;; expect summary {"probe":"trap","firings":1,"rejected":0,"records":0,"faults":{"trap":1},"drops":{}}
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 0) "\00\04\00\00\84\03\00\00") ;; 900 bytes at 1024
  (data (i32.const 8) "\10\00\00\00\04\00\00\00") ;; " end" and a new line
  (data (i32.const 16) "end\n")
  (func (export "fn:shop.cart.*:entry#long") ;; bytes beyond `value_str_bytes_max` are cut, between characters
    (memory.fill (i32.const 1024) (i32.const 0x78) (i32.const 900))
    (i32.store (i32.const 1048) (i32.const 0x809f98f0)) ;; four bytes, of which the bound cuts
    (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 32)))
    (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 32)))
    (drop (call $fd_write (i32.const 2) (i32.const 8) (i32.const 1) (i32.const 32))))
  (func (export "fn:shop.cart.*:entry#trap") ;; what was printed before a trap is not lost
    (drop (call $fd_write (i32.const 2) (i32.const 8) (i32.const 1) (i32.const 32)))
    (i32.store (i32.const 12) (i32.const 3))
    (drop (call $fd_write (i32.const 2) (i32.const 8) (i32.const 1) (i32.const 32)))
    (unreachable)))
