// The binary's processes share two cores with their scripted agents; one at a time keeps every deadline honest.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
