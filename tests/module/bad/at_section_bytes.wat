;; A section that is no text.
;; = custom section `probe1.at` is not UTF-8
(module (func (export "on_add")) (@custom "probe1.at" "\ff\fe"))
