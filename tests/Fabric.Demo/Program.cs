using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Fabric.Demo;
using Fabric.Lab;

const string Usage = """
    Three nodes on one machine, nine pods, and what happens to them.

      make demo            runs the demo and removes everything it made
      make demo K8S=1      the same as a Kubernetes cluster: containerd makes the pods, the API keeps the cluster's streams
      make demo STORE=etcd keeps the cluster's streams in three members of etcd instead of a file
      make demo KEEP=1     leaves nodes and pods running, and says how to look around
      make down            removes what a kept (or killed) demo left
    """;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Console.OutputEncoding = new UTF8Encoding(false);
var keep = args.Contains("--keep");
var down = args is ["down" or "--down"];
var store = Store.File;
var isKubernetes = args is ["--kubernetes"];
if (!down && !isKubernetes && !args.All(a => a == "--keep" || Store.TryParse(a, out store)))
{
    Console.Error.WriteLine(Usage);
    return args is ["--help" or "-h"] ? 0 : 2;
}

var unmet = Requirements.Unmet(needsBinaries: !down, needsEtcd: store == Store.Etcd);
if (unmet.Count > 0)
{
    Console.Error.WriteLine("The demo can't run here:");
    foreach (var (what, advice) in unmet)
        Console.Error.WriteLine($"  - {what}\n    {advice}");
    return 1;
}

using var stop = new CancellationTokenSource();
void StopGently(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, StopGently);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, StopGently);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, StopGently);

using var only = Belongings.TryLock();
if (only is null)
{
    Console.Error.WriteLine("Another demo is running on this machine; only one can, since the names are fixed.");
    return 1;
}

var report = new Report(Console.Out);
if (down)
{
    var removed = Belongings.RemoveAll();
    report.Line(removed == 0 ? "There is nothing of the demo here." : "Everything of the demo is removed.");
    return 0;
}

var code = 1;
try
{
    if (Belongings.RemoveAll() > 0)
        report.Line("Removed what an earlier demo left.\n");
    code = isKubernetes
        ? await new KubernetesDemo(report).RunAsync(stop.Token)
        : await new Demo(report, store).RunAsync(keep, stop.Token);
}
catch (Exception e) when (stop.IsCancellationRequested && (e is OperationCanceledException or LabException))
{
    // Ctrl-C reaches the commands that the demo runs at that moment, too.
    report.Line("\nStopped.");
    code = 130;
}
catch (Exception e) when (e is LabException or DemoException or IOException)
{
    report.Failed(e.Message);
}
catch (Exception e)
{
    // A fault of the demo itself; it must clean up all the same.
    report.Failed($"{e}");
}
finally
{
    if (code == 1)
        AgentLogs.WriteNewest(report);
    if (!keep || code == 130)
        Belongings.RemoveAll();
    else if (code == 1)
        report.Line("\nWhat was made is left as it is: make down removes it.");
}

return code;
