using Fabric.Bench;

// One class per benchmark; each prints its own table and nothing is asserted.
return args switch
{
    ["journal", .. var rest] => await JournalBenchmark.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: Fabric.Bench journal [DIRECTORY]");
    return 2;
}
