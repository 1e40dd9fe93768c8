;; What is said of each frame, how many there are, and what is refused: the innermost frame is first.
;; frame: {"module":"__main__","qualname":"<module>","file":"main.py","line":9}
;; frame: {"module":"shop.web","qualname":"App.handle.<locals>.inner","file":"/srv/shop/web.py","line":120}
;; frame: {"qualname":"bare","line":-1,"file":"<string>"}
;; frame: {"module":"shop.cart","qualname":"Cart.add","file":"/srv/shop/cart.py","line":42}
;; fire: entry
;; expect record {"probe":"fn:shop.cart.*:entry","point":"entry","fields":{"names":{"$stack":["shop.cart.Cart.add","bare","shop.web.App.handle.inner","__main__.<module>"]},"lines":{"$stack":["shop.cart.Cart.add:42","bare","shop.web.App.handle.inner:120","__main__.<module>:9"]},"files":{"$stack":["shop.cart.Cart.add (/srv/shop/cart.py)","bare (<string>)","shop.web.App.handle.inner (/srv/shop/web.py)","__main__.<module> (main.py)"]},"both":{"$stack":["shop.cart.Cart.add (/srv/shop/cart.py:42)","bare (<string>)","shop.web.App.handle.inner (/srv/shop/web.py:120)","__main__.<module> (main.py:9)"]},"no task":{"$stack":["shop.cart.Cart.add","bare","shop.web.App.handle.inner","__main__.<module>"]},"all":{"$stack":["shop.cart.Cart.add (/srv/shop/cart.py:42)","bare (<string>)","shop.web.App.handle.inner (/srv/shop/web.py:120)","__main__.<module> (main.py:9)"]},"two":{"$stack":["shop.cart.Cart.add:42","bare"]},"one":{"$stack":["shop.cart.Cart.add"]},"most":{"$stack":["shop.cart.Cart.add","bare","shop.web.App.handle.inner","__main__.<module>"]},"none":{"$error":"RANGE"},"below":{"$error":"RANGE"},"flag 8":{"$error":"RANGE"},"flag 9":{"$error":"RANGE"},"flags":{"$error":"RANGE"}}}
;; expect summary {"probe":"fn:shop.cart.*:entry","firings":1,"rejected":0,"records":1,"faults":{},"drops":{}}
(module
  (import "probe1" "stack" (func $stack (param i32 i32) (result i64)))
  (import "probe1" "emit" (func $emit (result i32)))
  (import "probe1.field" "names" (func $f0 (param i64)))
  (import "probe1.field" "lines" (func $f1 (param i64)))
  (import "probe1.field" "files" (func $f2 (param i64)))
  (import "probe1.field" "both" (func $f3 (param i64)))
  (import "probe1.field" "no task" (func $f4 (param i64)))
  (import "probe1.field" "all" (func $f5 (param i64)))
  (import "probe1.field" "two" (func $f6 (param i64)))
  (import "probe1.field" "one" (func $f7 (param i64)))
  (import "probe1.field" "most" (func $f8 (param i64)))
  (import "probe1.field" "none" (func $f9 (param i64)))
  (import "probe1.field" "below" (func $f10 (param i64)))
  (import "probe1.field" "flag 8" (func $f11 (param i64)))
  (import "probe1.field" "flag 9" (func $f12 (param i64)))
  (import "probe1.field" "flags" (func $f13 (param i64)))
  (func (export "fn:shop.cart.*:entry")
    (call $f0 (call $stack (i32.const 10) (i32.const 0)))
    (call $f1 (call $stack (i32.const 10) (i32.const 1)))
    (call $f2 (call $stack (i32.const 10) (i32.const 2)))
    (call $f3 (call $stack (i32.const 10) (i32.const 3)))
    (call $f4 (call $stack (i32.const 10) (i32.const 4)))
    (call $f5 (call $stack (i32.const 10) (i32.const 7)))
    (call $f6 (call $stack (i32.const 2) (i32.const 1)))
    (call $f7 (call $stack (i32.const 1) (i32.const 0)))
    (call $f8 (call $stack (i32.const 2147483647) (i32.const 0)))
    (call $f9 (call $stack (i32.const 0) (i32.const 0)))
    (call $f10 (call $stack (i32.const -1) (i32.const 0)))
    (call $f11 (call $stack (i32.const 10) (i32.const 8)))
    (call $f12 (call $stack (i32.const 10) (i32.const 9)))
    (call $f13 (call $stack (i32.const 10) (i32.const -1)))
    (drop (call $emit))))
