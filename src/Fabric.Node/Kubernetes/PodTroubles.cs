using Fabric.Node.Cni;

namespace Fabric.Node.Kubernetes;

/// <summary>Decides which failed calls are worth an Event, and forgets what passed.</summary>
/// <remarks>
/// <para>
/// An ADD's failure is, at once; but "try again later" (11) only when no ADD of the pod has succeeded for <see cref="Patience"/>: an
/// agent or an Open vSwitch that starts takes seconds, and the runtime comes again by itself.
/// </para>
/// <para>A DEL's failure is when the runtime has been repeating it for <see cref="DetachPatience"/>.</para>
/// </remarks>
internal sealed class PodTroubles
{
    public const string AttachFailed = "FabricAttachFailed";
    public const string DetachFailed = "FabricDetachFailed";

    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    public static TimeSpan DetachPatience { get; } = TimeSpan.FromMinutes(1);

    /// <summary>Who has not come again for so long has given up; another failure is a new one.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    private const int MostTroubles = 1024;

    private readonly OrderedDictionary<(bool IsAdd, string Key), (TimeSpan Since, TimeSpan Last)> _troubles = [];

    /// <summary>Whether a success would be news.</summary>
    public bool Any => _troubles.Count > 0;

    /// <param name="now">Monotonic.</param>
    /// <returns>The event's reason and message; null: nothing to tell.</returns>
    public (string Reason, string Message)? Judge(PodCall call, TimeSpan now)
    {
        // The runtime makes a new container for each ADD of a pod, but repeats the DEL of one.
        var key = (call.IsAdd, call.IsAdd ? $"{call.Pod.Uid}/{call.Pod}" : call.Container);
        if (call.Code == 0)
        {
            _troubles.Remove(key);
            return null;
        }
        if (call.IsAdd && call.Code != (int)Messages.Cni.CniErrorCode.TryAgainLater)
            return (AttachFailed, call.Message);
        var since = _troubles.TryGetValue(key, out var known) && now - known.Last < Memory ? known.Since : now;
        _troubles.Remove(key);
        if (_troubles.Count == MostTroubles)
            _troubles.RemoveAt(0);
        _troubles.Add(key, (since, now));
        if (now - since < (call.IsAdd ? Patience : DetachPatience))
            return null;
        var lasts = $"for {(now - since).TotalSeconds:0} s now";
        return call.IsAdd
            ? (AttachFailed, $"could not be attached {lasts}: {call.Message}")
            : (DetachFailed, $"an interface of this pod could not be removed {lasts}: {call.Message}");
    }
}
