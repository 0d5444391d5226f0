namespace Fabric.Cluster.Kubernetes;

/// <summary>An object of the Kubernetes API with the fields that Fabric needs; unknown ones are ignored when read.</summary>
public interface IApiObject
{
    ObjectMeta Metadata { get; }
}
