using System.Text;
using System.Text.Json;
using Fabric.Messages;
using Fabric.Messages.Cni;
using Fabric.Node.Cni;

namespace Fabric.Simulation;

/// <summary>ADD with pods whose annotations ask for something, by the production node.</summary>
public sealed class PodAnnotationTests
{
    private const string Pod = "K8S_POD_NAMESPACE=demo;K8S_POD_NAME=a;K8S_POD_UID=uid-1";

    [Fact]
    public void The_pod_gets_what_its_annotations_ask_for_and_a_repetition_finds_it() => Run(async node =>
    {
        node.Annotations.Answer = new PodAnnotations("10.244.3.77", "02:00:00:00:00:07", null);
        Assert.Equal("10.244.3.77 02:00:00:00:00:07", await node.AddAsync());
        Assert.Equal("10.244.3.77 02:00:00:00:00:07", await node.AddAsync());
        node.Annotations.Answer = new PodAnnotations("10.244.3.78", null, null);
        Assert.Equal("105", await node.AddAsync());
    });

    [Fact]
    public void A_repetition_while_nobody_can_be_asked_finds_it_too() => Run(async node =>
    {
        node.Annotations.Answer = new PodAnnotations(null, "02:00:00:00:00:07", null);
        var first = await node.AddAsync();
        node.Annotations.Answer = PodAnnotations.Unread;
        Assert.Equal(first, await node.AddAsync());
        Assert.Empty(node.Annotations.Unread);
        Assert.Equal("105", await node.AddAsync(more: ""","mtu":1300"""));
    });

    [Fact]
    public void A_pod_that_nobody_can_be_asked_about_is_attached_and_remembered() => Run(async node =>
    {
        node.Annotations.Answer = PodAnnotations.Unread;
        Assert.Matches(@"^10\.244\.3\.\d+ ", await node.AddAsync());
        Assert.Equal("demo/a", Assert.Single(node.Annotations.Unread).ToString());
    });

    [Fact]
    public void What_is_wrong_is_refused_by_its_name_and_nothing_is_left() => Run(async node =>
    {
        node.Annotations.Answer = new PodAnnotations("10.244.3.77,fd00::7", null, null);
        Assert.Equal("7", await node.AddAsync());
        Assert.Contains("annotation fabric.cni.dev/addresses of pod demo/a", node.Message);
        Assert.Contains("no IPv6 addresses", node.Message);
        node.Annotations.Answer = new PodAnnotations("10.9.9.9", null, null);
        Assert.Equal("109", await node.AddAsync());
        Assert.Contains("10.9.9.9", node.Message);
        node.Annotations.Answer = PodAnnotations.None;
        Assert.Matches(@"^10\.244\.3\.\d+ ", await node.AddAsync());
    });

    [Fact]
    public void Only_eth0_of_a_pod_is_asked_for() => Run(async node =>
    {
        node.Annotations.Answer = new PodAnnotations(null, "x", null);
        Assert.Matches(@"^10\.244\.3\.\d+ ", await node.AddAsync(ifName: "net1"));
        Assert.Matches(@"^10\.244\.3\.\d+ ", await node.AddAsync(args: "", container: "c2"));
        Assert.Equal("7", await node.AddAsync());
    });

    private static void Run(Func<AnnotatedNode, Task> test) => Seeds.Run(nameof(PodAnnotationTests), 5, run =>
    {
        var machine = new SimulatedMachine(run, new MachineSpec { PodCidrs = [Cidr.Parse("10.244.3.0/24")] });
        var node = new AnnotatedNode(run, machine);
        var ended = run.Loop.Run(async () =>
        {
            await node.StartAsync();
            await test(node);
        });
        run.Check(run.Loop.RunUntil(() => ended.IsCompleted, TimeSpan.FromMinutes(5)), "the test ends");
    });

    private sealed class FakeAnnotations : IPodAnnotations
    {
        public PodAnnotations Answer { get; set; } = PodAnnotations.None;

        public List<PodRef> Unread { get; } = [];

        public ValueTask<PodAnnotations> ReadAsync(PodRef pod, CancellationToken cancellationToken) => new(Answer);

        public void AttachedUnread(PodRef pod, CniConfiguration configuration) => Unread.Add(pod);
    }

    private sealed class AnnotatedNode(SimulationRun run, SimulatedMachine machine)
    {
        private readonly Dictionary<string, KernelState.PodNamespace> _namespaces = [];
        private int _calls;

        public FakeAnnotations Annotations { get; } = new();

        public string Message { get; private set; } = "";

        public async Task StartAsync()
        {
            while (machine.Agent.Core is null)
                await Task.Delay(TimeSpan.FromMilliseconds(10), run.Loop.Time);
            machine.Agent.Core.Cni.Annotations = Annotations;
        }

        /// <returns>The first address and the MAC, or the error's code.</returns>
        public async Task<string> AddAsync(string more = "", string ifName = "eth0", string args = Pod, string container = "c1")
        {
            while (true)
            {
                var stdin = $$"""{"cniVersion":"1.1.0","name":"pods","type":"fabric-cni"{{more}}}""";
                var frame = new CniRequestFrame(
                    "ADD", container, "/run/netns/x", ifName, args, "", CniNetNs.Attached, Encoding.UTF8.GetBytes(stdin));
                var request = ((CniParse.Parsed)CniRequest.Parse(frame, new CorrelationId($"c{++_calls}"))).Request;
                if (!_namespaces.TryGetValue(container, out var ns))
                    _namespaces[container] = ns = machine.NewNamespace();
                using var sandbox = new SimulatedSandbox(machine.Kernel, ns);
                var result = await machine.Agent.CallAsync(request, sandbox);
                using var json = JsonDocument.Parse(result!.Stdout);
                var root = json.RootElement;
                if (result.ExitCode == 0)
                {
                    return $"{root.GetProperty("ips")[0].GetProperty("address").GetString()!.Split('/')[0]} "
                        + root.GetProperty("interfaces")[1].GetProperty("mac").GetString();
                }
                Message = root.GetProperty("msg").GetString()!;
                if (root.GetProperty("code").GetInt32() is not (int)CniErrorCode.TryAgainLater and var code)
                    return $"{code}";
                await Task.Delay(TimeSpan.FromSeconds(1), run.Loop.Time);
            }
        }
    }
}
