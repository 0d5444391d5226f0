using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using Fabric.Linux;
using Fabric.Linux.State;
using Fabric.Node;
using Fabric.Node.Install;
using Microsoft.Extensions.Logging;

var config = new Option<string?>("--config")
{
    Description = "A YAML file with options, their names as keys (FABRIC_CONFIG).", HelpName = "PATH",
};
var root = new RootCommand(
    "The Fabric agent: owns this node's bridge, tunnels, ports and flows, and answers the CNI binary.\n\n"
    + "Every option may also come from the environment (FABRIC_NODE_NAME for --node-name) or from a YAML file; a flag wins over\n"
    + "the environment, that over the file.\n\n"
    + "Example:\n  fabric-node --node-name a --cluster-store sqlite:/var/lib/fabric/cluster.db --underlay-address 192.0.2.10");
root.Options.Add(config);
var flags = new Dictionary<string, Option<string?>>();
foreach (var spec in NodeOptionSpecs.All)
{
    var byDefault = spec.DefaultText ?? (spec.Default is { Length: > 0 } text ? text : "none");
    flags[spec.Name] = new Option<string?>(spec.Flag)
    {
        Description = $"{spec.Help} [default: {byDefault}]", HelpName = spec.Value,
    };
    root.Options.Add(flags[spec.Name]);
}
root.SetAction(async (parsed, cancellationToken) =>
{
    var errors = new List<string>();
    var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
        .ToDictionary(e => (string)e.Key, e => (string)e.Value!);
    var given = flags.Where(f => parsed.GetValue(f.Value) is not null).ToDictionary(f => f.Key, f => parsed.GetValue(f.Value)!);
    var file = parsed.GetValue(config) ?? environment.GetValueOrDefault("FABRIC_CONFIG");
    var yaml = file is null ? new Dictionary<string, string>() : YamlOptions.Read(file, errors);
    var raw = RawOptions.Merge(given, environment, yaml, file ?? "", errors);
    var options = new NodeOptionsCheck(raw, errors).Run(Environment.MachineName);
    if (options is null)
    {
        foreach (var error in errors)
            Console.Error.WriteLine($"fabric-node: {error}");
        return 2;
    }
    var version = Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
    using var logs = LoggerFactory.Create(builder => builder.SetMinimumLevel(options.LogLevel).AddSimpleConsole(console =>
    {
        console.SingleLine = true;
        console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        console.UseUtcTimestamp = true;
        console.ColorBehavior = Microsoft.Extensions.Logging.Console.LoggerColorBehavior.Disabled;
    }));
    using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    // The bridge, its ports and flows stay as they are: only the agent goes.
    using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);

    void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        stop.Cancel();
    }

    try
    {
        await new Agent(options, version, new AgentLog(logs.CreateLogger<AgentLog>()), TimeProvider.System).RunAsync(stop.Token);
        return 0;
    }
    catch (OperationCanceledException) when (stop.IsCancellationRequested)
    {
        return 0;
    }
    catch (AgentException e)
    {
        Console.Error.WriteLine($"fabric-node: {e.Message}");
        return 1;
    }
});
var stateDir = new Option<string>("--state-dir")
{
    Description = "The agent's, in which it noted what it wrote.", HelpName = "DIR", DefaultValueFactory = _ => NodeOptionSpecs.Named("state-dir").Default!,
};
var uninstall = new Command("uninstall", "Removes what the agent has put on the host for the runtime, and nothing else.\n\n"
    + "Example:\n  fabric-node uninstall --state-dir /var/lib/fabric");
uninstall.Options.Add(stateDir);
uninstall.SetAction(parsed =>
{
    try
    {
        // An agent that runs would put everything back within a minute.
        using var alone = FileLock.Acquire(parsed.GetValue(stateDir)!);
        // What somebody else has changed stays, and that is worth a word to whoever looks at the code.
        return new InstalledFiles(parsed.GetValue(stateDir)!).Remove(Console.WriteLine) ? 0 : 1;
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException or SystemCallException)
    {
        Console.Error.WriteLine($"fabric-node: {e.Message}");
        return 1;
    }
});
root.Subcommands.Add(uninstall);
// The command line's own answer to a signal would end the process after two seconds, in the middle of its farewell to the cluster.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
