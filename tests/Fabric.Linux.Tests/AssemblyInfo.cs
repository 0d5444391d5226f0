// Each test has namespaces of its own, but they share the kernel's one lock for links.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
