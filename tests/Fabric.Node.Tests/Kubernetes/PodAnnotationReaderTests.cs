using System.Collections.Immutable;
using System.Text;
using Fabric.Cluster.Kubernetes;
using Fabric.Cluster.Tests;
using Fabric.Messages;
using Fabric.Messages.Cni;
using Fabric.Node.Cni;
using Fabric.Node.Kubernetes;

namespace Fabric.Node.Tests.Kubernetes;

/// <summary>Where ADD gets a pod's annotations from, and what it does without them.</summary>
public sealed class PodAnnotationReaderTests
{
    private const string Mac = "02:00:00:00:00:07";

    [Fact]
    public void A_pod_that_the_watch_knows_costs_no_request() => Run(async bench =>
    {
        bench.Pods.Add(new PodNote("default", "a-1", "uid-1", null, new PodAnnotations(null, Mac, null)));
        var read = bench.Reader.ReadAsync(new PodRef("default", "a-1", "uid-1"), default);
        Assert.True(read.IsCompleted);
        Assert.Equal(Mac, (await read).Mac);
        Assert.Empty(bench.Api.Requests);
    });

    [Fact]
    public void One_that_it_does_not_know_yet_is_asked_for_once() => Run(async bench =>
    {
        var pod = await bench.MakePodAsync(Mac);
        Assert.Equal(Mac, (await bench.Reader.ReadAsync(pod, default)).Mac);
        Assert.Single(bench.Api.Requests, r => r.StartsWith("GET", StringComparison.Ordinal));
    });

    [Fact]
    public void Another_pod_of_the_same_name_is_not_it() => Run(async bench =>
    {
        var pod = await bench.MakePodAsync(Mac);
        bench.Pods.Add(new PodNote("default", pod.Name, pod.Uid, null, new PodAnnotations(null, Mac, null)));
        Assert.Same(PodAnnotations.None, await bench.Reader.ReadAsync(pod with { Uid = "another" }, default));
        Assert.Same(PodAnnotations.None, await bench.Reader.ReadAsync(new PodRef("default", "gone", "uid-9"), default));
        Assert.Equal(Mac, (await bench.Reader.ReadAsync(pod with { Uid = "" }, default)).Mac);
    });

    [Fact]
    public void A_static_pod_is_known_by_the_uid_that_its_mirror_names() => Run(async bench =>
    {
        bench.Pods.Add(new PodNote("default", "a-1", "uid-1", "5eed", new PodAnnotations(null, Mac, null)));
        Assert.Equal(Mac, (await bench.Reader.ReadAsync(new PodRef("default", "a-1", "5eed"), default)).Mac);
    });

    [Fact]
    public void An_api_that_does_not_answer_holds_no_pod_up_and_is_told_of_once() => Run(async bench =>
    {
        bench.Api.Api.Before = (_, cancellationToken) => Task.Delay(Timeout.InfiniteTimeSpan, bench.Time, cancellationToken);
        Assert.True((await bench.Reader.ReadAsync(new PodRef("default", "a-1", "uid-1"), default)).IsUnread);
        Assert.Equal(PodAnnotationReader.AskWithin, bench.Time.Elapsed);
        Assert.True((await bench.Reader.ReadAsync(new PodRef("default", "a-2", "uid-2"), default)).IsUnread);
        Assert.Single(bench.Api.Lines);
    });

    [Fact]
    public void A_pod_whose_annotations_had_no_effect_is_told_so_when_they_are_known() => Run(async bench =>
    {
        var (pod, plain) = (new PodRef("default", "a-1", "uid-1"), Plain(""));
        bench.Reader.AttachedUnread(pod, plain with { Annotations = AnnotationUse.Unread });
        bench.Reader.AttachedUnread(pod with { Name = "a-2" }, plain);
        bench.Reader.AttachedUnread(pod with { Name = "a-3" }, Plain($"MAC={Mac}"));
        bench.Pods.Add(new PodNote("default", "a-2", "uid-1", null, PodAnnotations.None));
        bench.Pods.Add(new PodNote("default", "a-3", "uid-1", null, new PodAnnotations(null, "overruled", null)));
        bench.Pods.Add(new PodNote("default", "a-4", "uid-1", null, new PodAnnotations(null, Mac, null)));
        Assert.Empty(bench.Ignored);
        var note = new PodNote("default", "a-1", "uid-1", null, new PodAnnotations(null, Mac, null));
        bench.Pods.Add(note);
        bench.Pods.Add(note);
        Assert.Equal(pod, Assert.Single(bench.Ignored));
        await Task.CompletedTask;
    });

    private static CniConfiguration Plain(string args)
    {
        var frame = new CniRequestFrame("ADD", "c0ffee", "/run/netns/x", "eth0", args, "/opt/cni/bin", CniNetNs.Attached,
            Encoding.UTF8.GetBytes("""{"cniVersion":"1.1.0","name":"pods","type":"fabric-cni"}"""));
        return Assert.IsType<CniParse.Parsed>(CniRequest.Parse(frame, new CorrelationId("c1"))).Request.Configuration;
    }

    private static void Run(Func<Bench, Task> test) => SimulatedLoop.Run(time => test(new Bench(time)));

    private sealed class Pods : IKnownPods
    {
        private readonly Dictionary<(string, string), PodNote> _notes = [];

        public Action<PodNote>? Changed { get; set; }

        public PodNote? Find(string ns, string name) => _notes.GetValueOrDefault((ns, name));

        public void Add(PodNote note)
        {
            _notes[(note.Namespace, note.Name)] = note;
            Changed?.Invoke(note);
        }
    }

    private sealed class Bench
    {
        public Bench(SimulatedTime time)
        {
            Time = time;
            Api = new ObservedApi(time);
            Reader = new PodAnnotationReader(Api.Api, Pods, (pod, _) => Ignored.Add(pod), time, Api.Log);
            Reader.Start();
        }

        public SimulatedTime Time { get; }

        public ObservedApi Api { get; }

        public Pods Pods { get; } = new();

        public List<PodRef> Ignored { get; } = [];

        public PodAnnotationReader Reader { get; }

        public async Task<PodRef> MakePodAsync(string mac)
        {
            var made = await Api.Api.CreateAsync(PodObject.Resource, new PodObject(new ObjectMeta("a-1", "default",
                Annotations: ImmutableSortedDictionary<string, string>.Empty.Add(PodAnnotations.MacKey, mac))), default);
            return new PodRef("default", "a-1", made.Metadata.Uid!);
        }
    }
}
