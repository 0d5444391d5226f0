using System.Globalization;
using System.Text.Json.Nodes;

namespace Fabric.KubernetesApi;

/// <summary>A request is refused, with what the API says in its Status (Kubernetes API conventions, "Response Status Kind").</summary>
/// <param name="reason">Null where kube-apiserver gives none, which it does for errors that it did not foresee (500).</param>
public sealed class ApiStatusException(int code, string? reason, string message, JsonObject? details = null) : Exception(message)
{
    public int Code { get; } = code;

    public string? Reason { get; } = reason;

    public JsonObject? Details { get; } = details;

    public static ApiStatusException NotFound(ApiKind kind, string name) =>
        new(404, "NotFound", $"{kind.Resource} \"{name}\" not found", Of(kind, name));

    public static ApiStatusException NoSuchPath() => new(404, "NotFound", "the server could not find the requested resource", []);

    public static ApiStatusException AlreadyExists(ApiKind kind, string name, bool isBeingDeleted) =>
        new(409, "AlreadyExists",
            $"{(isBeingDeleted ? "object is being deleted: " : "")}{kind.Resource} \"{name}\" already exists", Of(kind, name));

    public static ApiStatusException Conflict(ApiKind kind, string name, string why) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {kind.Resource} \"{name}\": {why}", Of(kind, name));

    public static ApiStatusException Modified(ApiKind kind, string name) =>
        Conflict(kind, name, "the object has been modified; please apply your changes to the latest version and try again");

    public static ApiStatusException BadRequest(string message) => new(400, "BadRequest", message);

    /// <summary>What kube-apiserver did not foresee: 500 without a reason.</summary>
    public static ApiStatusException Unforeseen(string message) => new(500, null, message);

    public static ApiStatusException Expired(string message) => new(410, "Expired", message);

    public static ApiStatusException Invalid(ApiKind kind, string name, IReadOnlyList<FieldFault> faults)
    {
        var details = new JsonObject();
        if (name.Length > 0)
            details["name"] = name;
        if (kind.Group.Length > 0)
            details["group"] = kind.Group;
        details["kind"] = kind.Kind;
        details["causes"] = new JsonArray([.. faults.Select(fault =>
            new JsonObject { ["reason"] = fault.Reason, ["message"] = fault.Message, ["field"] = fault.Field })]);
        var text = string.Join(", ", faults.Select(fault => $"{fault.Field}: {fault.Message}"));
        var of = kind.Group.Length == 0 ? kind.Kind : $"{kind.Kind}.{kind.Group}";
        return new(422, "Invalid", $"{of} \"{name}\" is invalid: {(faults.Count == 1 ? text : $"[{text}]")}", details);
    }

    /// <summary>The Status object that answers the request.</summary>
    public JsonObject ToStatus()
    {
        var status = new JsonObject
        {
            ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Failure", ["message"] = Message,
        };
        if (Reason is not null)
            status["reason"] = Reason;
        if (Details is not null)
            status["details"] = Details.DeepClone();
        status["code"] = Code;
        return status;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Code} {Reason}: {Message}");

    private static JsonObject Of(ApiKind kind, string name)
    {
        var details = new JsonObject { ["name"] = name };
        if (kind.Group.Length > 0)
            details["group"] = kind.Group;
        details["kind"] = kind.Plural;
        return details;
    }
}

/// <summary>One field that breaks its kind's rules.</summary>
/// <param name="Reason">As in <c>details.causes</c>: FieldValueInvalid, FieldValueRequired, …</param>
public sealed record FieldFault(string Reason, string Message, string Field)
{
    public static FieldFault Required(string field, string message = "") =>
        new("FieldValueRequired", message.Length == 0 ? "Required value" : $"Required value: {message}", field);

    public static FieldFault Invalid(string field, string value, string message) =>
        new("FieldValueInvalid", $"Invalid value: {value}: {message}", field);

    public static FieldFault WrongType(string field, string value, string message) =>
        new("FieldValueTypeInvalid", $"Invalid value: {value}: {message}", field);

    public static FieldFault Forbidden(string field, string message) => new("FieldValueForbidden", $"Forbidden: {message}", field);
}
