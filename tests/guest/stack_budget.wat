;; What stacks cost is the budget's: fuel is exact, frames and bytes are host work, and the firing that asks for too many ends.
;; show: fuel
;; frame: {"module":"m","qualname":"f","times":64}
;; fire: #one entry
;; fire: #many entry
;; expect fault {"probe":"many","kind":"host_budget","side":"guest","where":"shop.cart.Cart.add"}
;; expect summary {"probe":"many","firings":1,"rejected":0,"records":0,"faults":{"host_budget":1},"drops":{},"fuel":68328}
;; expect summary {"probe":"one","firings":1,"rejected":1,"records":0,"faults":{},"drops":{},"fuel":4941}
(module
  (import "probe1" "stack" (func $stack (param i32 i32) (result i64)))
  (func (export "fn:shop.cart.*:entry#one") (drop (call $stack (i32.const 64) (i32.const 0))))
  (func (export "fn:shop.cart.*:entry#many") (local $i i32)
    (loop $next
      (drop (call $stack (i32.const 64) (i32.const 7)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_s (local.get $i) (i32.const 100))))))
