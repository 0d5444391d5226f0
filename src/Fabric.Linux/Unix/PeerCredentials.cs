namespace Fabric.Linux.Unix;

/// <summary>Who connected to a unix socket, at the time of the connection (SO_PEERCRED, unix(7)).</summary>
/// <param name="ProcessId">The process, or 0 when it is in a pid namespace this process can't see.</param>
/// <param name="UserId">Its effective user.</param>
/// <param name="GroupId">Its effective group.</param>
public readonly record struct PeerCredentials(int ProcessId, uint UserId, uint GroupId);
