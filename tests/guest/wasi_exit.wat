;; `proc_exit` is a trap; whoever waits by `sched_yield` is stopped by what the calls cost.
;; fire: 2x entry
;; expect fault {"probe":"exit","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"yields","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"exit","kind":"trap","side":"guest","where":"shop.cart.Cart.add"}
;; expect fault {"probe":"yields","kind":"out_of_fuel","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"exit","firings":2,"rejected":0,"records":0,"faults":{"trap":2},"drops":{}}
;; expect summary {"probe":"yields","firings":2,"rejected":0,"records":0,"faults":{"out_of_fuel":2},"drops":{}}
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
  (func (export "fn:shop.cart.*:entry#exit") (call $proc_exit (i32.const 0)))
  (func (export "fn:shop.cart.*:entry#yields") (loop $ever (drop (call $sched_yield)) (br $ever))))
