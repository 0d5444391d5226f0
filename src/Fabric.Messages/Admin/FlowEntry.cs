namespace Fabric.Messages;

/// <summary>One flow.</summary>
/// <param name="Cookie">Hexadecimal, as ovs-ofctl prints it: 0x1f.</param>
/// <param name="Match">In ovs-ofctl's syntax, without the priority; empty matches everything.</param>
/// <param name="Actions">In ovs-ofctl's syntax, without <c>actions=</c>.</param>
/// <param name="Owner">The entity that the flow is for; null when it is not planned any more and goes with the next pass.</param>
/// <param name="Cause">The owner in words.</param>
public sealed record FlowEntry(
    int Table, int Priority, string Cookie, string Match, string Actions, PersistenceId? Owner, string Cause);
