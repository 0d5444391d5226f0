namespace Fabric.Actors;

/// <summary>What an append must survive before it counts.</summary>
public enum Durability
{
    /// <summary>The death of the process. A power cut may lose it, and then every pod is gone too.</summary>
    Process,

    /// <summary>A power cut: synced to disk. For what the cluster will act on (a CIDR given back, Leaving).</summary>
    Synced,
}
