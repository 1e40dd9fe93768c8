;; The identifier spelling, for languages whose exports are identifiers.
;; = probe_fn_myapp_Cls__1_1init_1_1_entry is fn:myapp.Cls.__init__:entry args []
;; = probe_fn_myapp__2_2_create_1_2_exit_4new is fn:myapp.**.create_*:exit#new args []
(module
  (func (export "probe_fn_myapp_Cls__1_1init_1_1_entry"))
  (func (export "probe_fn_myapp__2_2_create_1_2_exit_4new")))
