namespace Fabric.Simulation;

/// <summary>One agent's connection to the cluster store.</summary>
internal interface IStoreClient
{
    string Node { get; }

    bool IsAlive { get; }

    /// <summary>Ends its open watches; it is free to begin anew.</summary>
    void BreakWatches(string reason);
}
