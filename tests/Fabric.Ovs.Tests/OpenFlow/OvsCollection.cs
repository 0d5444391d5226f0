namespace Fabric.Ovs.Tests.OpenFlow;

/// <summary>Tests that share one bridge; each starts by emptying it.</summary>
[CollectionDefinition(Name)]
public sealed class OvsCollection : ICollectionFixture<OvsBridge>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "OpenFlow bridge";
}
