using System.Collections.Immutable;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>The cluster's Network objects, as the holder of the singletons follows and answers them while it holds their lease.</summary>
public interface INetworkObjects
{
    /// <summary>Raised after each change of what <see cref="Look"/> gives.</summary>
    ChangeSignal Changed { get; }

    /// <summary>All of them; null while they have not been read in full since <see cref="RunAsync"/> began.</summary>
    /// <remarks>It lags behind: an object may have changed, and what was answered may not be in it yet.</remarks>
    ImmutableSortedDictionary<NetworkName, NetworkSighting>? Look();

    /// <summary>
    /// What every object is to say from now on, by its uid; objects that are not among them are left as they are. Returns at once:
    /// <see cref="RunAsync"/> writes what differs.
    /// </summary>
    void Answer(ImmutableSortedDictionary<string, NetworkAnswer> answers);

    /// <summary>Follows and answers them until cancelled, and then returns; what fails meanwhile is reported and tried again.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
