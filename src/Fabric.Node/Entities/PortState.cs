using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>How far an attachment has come.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PortStage>))]
public enum PortStage
{
    /// <summary>Nothing of it exists: never attached, or detached.</summary>
    Absent,

    /// <summary>Requested; address and ofport are being asked for.</summary>
    Requested,

    /// <summary>Address and ofport are known; veth, port and flows are being made.</summary>
    Plumbing,

    /// <summary>It forwards.</summary>
    Ready,

    /// <summary>Its flows, port and pod end are being removed.</summary>
    Unplumbing,

    /// <summary>Nothing of it exists outside; address and ofport are being given back.</summary>
    Releasing,
}

/// <summary>A <see cref="Port"/>'s state.</summary>
/// <param name="Request">What was asked for last; kept after detachment for its attempt number.</param>
/// <param name="Assigned">Addresses by pool.</param>
/// <param name="Holdings">
/// Who may hold something for this attachment, from the request on: the answer of one that gave may have been lost in a crash.
/// </param>
public sealed record PortState(
    PortStage Stage,
    int Attempt,
    PortEvent.AttachmentRequested? Request,
    ImmutableSortedDictionary<PersistenceId, PortEvent.AddressAssigned> Assigned,
    OfPort? OfPort,
    PortEvent.AttachmentReady? Ready,
    ImmutableSortedSet<PersistenceId> Holdings,
    int Retries,
    bool IsOrphaned = false)
{
    public static PortState Absent { get; } = new(PortStage.Absent, 0, null,
        ImmutableSortedDictionary<PersistenceId, PortEvent.AddressAssigned>.Empty, null, null,
        ImmutableSortedSet<PersistenceId>.Empty, 0);

    /// <summary>The attachment's addresses, IPv4 first.</summary>
    [JsonIgnore]
    public ImmutableArray<AddressPrefix> Addresses => Request is null ? []
        : Request.DelegatedAddresses.Length > 0
            ? Request.DelegatedAddresses
            : [.. Assigned.Values.Select(a => a.Address).OrderBy(a => a.Address)];

    /// <summary>Whether veth, port and flows are to exist.</summary>
    [JsonIgnore]
    public bool IsWanted => Stage is PortStage.Plumbing or PortStage.Ready;

    /// <summary>Whether everything is known that veth, port and flows need.</summary>
    [JsonIgnore]
    public bool IsComplete => Request is not null && OfPort is not null && Assigned.Count == Request.Pools.Length;

    /// <summary>Applies an event of the port's stream; shared with <see cref="NodeState"/>, so that both see the same port.</summary>
    public PortState Apply(PortEvent e) => e switch
    {
        PortEvent.AttachmentRequested requested => Absent with
        {
            Stage = PortStage.Requested,
            Attempt = requested.Attempt,
            Request = requested,
            Holdings = [requested.Bridge, .. requested.Pools],
        },
        PortEvent.AddressAssigned assigned => Advanced(this with
        {
            Assigned = Assigned.SetItem(assigned.Pool, assigned),
        }),
        PortEvent.OfPortAssigned assigned => Advanced(this with { OfPort = assigned.OfPort }),
        PortEvent.AttachmentReady ready => this with { Stage = PortStage.Ready, Ready = ready },
        PortEvent.AttachmentFailed failed => this with { Stage = PortStage.Unplumbing, Attempt = failed.Attempt, Ready = null },
        PortEvent.AttachmentOrphaned => this with { IsOrphaned = true },
        PortEvent.DetachRequested detach => this with { Stage = PortStage.Unplumbing, Attempt = detach.Attempt, Ready = null },
        PortEvent.PortUnplumbed => this with { Stage = PortStage.Releasing, Retries = 0 },
        PortEvent.DetachDelayed delayed => this with { Attempt = delayed.Attempt, Retries = Retries + 1 },
        PortEvent.DetachRetried retried => this with { Attempt = retried.Attempt },
        PortEvent.HoldingReleased released => this with { Holdings = Holdings.Remove(released.Holder) },
        PortEvent.Detached => Absent with { Attempt = Attempt },
        _ => throw new System.Diagnostics.UnreachableException(e.ToString()),
    };

    private static PortState Advanced(PortState state) =>
        state.Stage == PortStage.Requested && state.IsComplete ? state with { Stage = PortStage.Plumbing } : state;
}
