namespace Fabric.Messages;

/// <summary>One address of a pool.</summary>
/// <param name="State">used or resting.</param>
/// <param name="Holder">Null while resting.</param>
/// <param name="Since">Allocated or given back; null when the journal does not reach back that far.</param>
public sealed record AddressEntry(IpAddress Address, string State, AttachmentId? Holder, PodRef? Pod, DateTimeOffset? Since);
