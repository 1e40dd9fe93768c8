;; A large table.
;; = table has 5000 elements, expected at most 4096 (`module_table_elements_max`)
;; = hint: `waspect limits` lists every bound
(module (table 5000 funcref) (func (export "fn:a.b:entry")))
