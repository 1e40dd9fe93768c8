;; Nor one whose `_initialize` has no end in depth.
;; expect error `_initialize` ran out of its stack: 65536 bytes are allowed (`guest_stack_bytes`)
(module (func $f (export "_initialize") (call $f) (call $f))
  (func (export "fn:shop.cart.*:entry")))
