using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fabric.Cluster.Kubernetes;
using Fabric.Messages;

namespace Fabric.Node.Kubernetes;

/// <summary>One Event object: everything of one reason that befalls one pod is counted in it.</summary>
/// <remarks>
/// Its name follows from pod and reason, so an agent that was restarted goes on with the one that is there. Written at once the first
/// time, then at most after 30 s, 1 min, 2 min … 10 min, however often the runtime tries.
/// </remarks>
internal sealed class PodEventSeries(PodRef pod, string reason, DateTimeOffset firstAt)
{
    public const string Component = "fabric-node";

    /// <summary>The API's limit for a note; more is no help to anybody.</summary>
    private const int MostCharacters = 1024;

    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(10);

    private TimeSpan _interval = ShortestInterval;

    public PodRef Pod => pod;

    public string Reason => reason;

    public string Name { get; } = NameOf(pod, reason);

    public DateTimeOffset FirstAt { get; private set; } = firstAt;

    public DateTimeOffset LastAt { get; private set; } = firstAt;

    public string Message { get; private set; } = "";

    public int Count { get; private set; }

    /// <summary>The count that the API server has confirmed.</summary>
    public int Written { get; private set; }

    public bool Exists { get; set; }

    /// <summary>Not to be written before; monotonic.</summary>
    public TimeSpan NotBefore { get; private set; }

    public bool IsWritten => Exists && Written == Count;

    public void Add(string message, DateTimeOffset at)
    {
        Count++;
        LastAt = at;
        Message = message.Length <= MostCharacters ? message : message[..(MostCharacters - 1)] + "…";
    }

    /// <summary>Goes on from an object that is there: of an earlier agent, or made by a request of unknown outcome.</summary>
    public void Continue(EventObject there)
    {
        Exists = true;
        // The API keeps whole seconds.
        if (there.Message == Message && there.LastTimestamp?.ToUnixTimeSeconds() == LastAt.ToUnixTimeSeconds())
            return;
        Count += there.Count;
        FirstAt = there.FirstTimestamp is { } first && first < FirstAt ? first : FirstAt;
    }

    public void Wrote(int count, TimeSpan now)
    {
        Exists = true;
        Written = count;
        NotBefore = now + _interval;
        _interval = _interval * 2 < LongestInterval ? _interval * 2 : LongestInterval;
    }

    public EventObject ToObject(NodeName node) => new(
        new ObjectMeta(Name, pod.Namespace),
        new InvolvedObject("v1", "Pod", pod.Name, pod.Namespace, pod.Uid.Length == 0 ? null : pod.Uid),
        reason, Message, "Warning", new EventSource(Component, node.Value), FirstAt, LastAt, Count, $"fabric.cni.dev/{Component}", node.Value);

    /// <summary>As other components name theirs: the object's name, a dot, hexadecimal digits.</summary>
    private static string NameOf(PodRef pod, string reason)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{pod.Uid}/{pod}/{reason}"));
        var name = pod.Name.Length <= 200 ? pod.Name : pod.Name[..200].TrimEnd('.', '-');
        return string.Create(CultureInfo.InvariantCulture, $"{name}.{Convert.ToHexStringLower(hash.AsSpan(0, 8))}");
    }
}
