namespace Fabric.Cluster.Kubernetes;

/// <summary>An Event (core/v1): only created.</summary>
/// <param name="Type">Normal or Warning.</param>
/// <param name="Reason">One word in CamelCase.</param>
/// <param name="FirstTimestamp">Null in events of others that have an eventTime instead.</param>
public sealed record EventObject(
    ObjectMeta Metadata,
    InvolvedObject InvolvedObject,
    string Reason,
    string Message,
    string Type,
    EventSource Source,
    DateTimeOffset? FirstTimestamp,
    DateTimeOffset? LastTimestamp,
    int Count,
    string ReportingComponent,
    string ReportingInstance) : IApiObject
{
    public static ResourceKind<EventObject> Resource { get; } =
        new("", "v1", "Event", "events", IsNamespaced: true, KubernetesJson.Default.EventObject);
}

/// <summary>What an event is about.</summary>
public sealed record InvolvedObject(
    string ApiVersion, string Kind, string Name, string? Namespace = null, string? Uid = null, string? ResourceVersion = null);

public sealed record EventSource(string Component, string? Host = null);
