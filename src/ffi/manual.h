/* libzfssa: an asynchronous engine for Oracle ZFS Storage Appliances. The C ABI. */
