using System.Text.Json.Serialization;

namespace Fabric.Cluster;

// The messages of etcd's JSON gateway, as far as they are used here: api/etcdserverpb/rpc.proto and mvccpb/kv.proto of
// etcd 3.4, in protobuf's JSON form: 64-bit numbers are strings, bytes are base64, what has its default is left out.

internal interface IEtcdResponse
{
    EtcdHeader? Header { get; }
}

internal sealed record EtcdHeader(ulong ClusterId = 0, ulong MemberId = 0, long Revision = 0);

internal sealed record EtcdKeyValue(byte[]? Key = null, byte[]? Value = null, long ModRevision = 0);

/// <param name="RangeEnd">The first key that is not meant; null: the one key.</param>
internal sealed record EtcdRange(
    byte[] Key, byte[]? RangeEnd = null, long? Limit = null, long? MinModRevision = null, bool? KeysOnly = null);

internal sealed record EtcdRangeAnswer(EtcdHeader? Header = null, EtcdKeyValue[]? Kvs = null, bool More = false) : IEtcdResponse;

internal sealed record EtcdPut(byte[] Key, byte[] Value);

internal sealed record EtcdDelete(byte[] Key, byte[]? RangeEnd = null);

/// <summary>The key's mod revision must be this; 0: there must be no such key.</summary>
internal sealed record EtcdCompare(byte[] Key, long ModRevision, string Target = "MOD", string Result = "EQUAL");

internal sealed record EtcdOperation(
    EtcdRange? RequestRange = null, EtcdPut? RequestPut = null, EtcdDelete? RequestDeleteRange = null);

internal sealed record EtcdTxn(EtcdOperation[] Success, EtcdCompare[]? Compare = null, EtcdOperation[]? Failure = null);

internal sealed record EtcdOperationAnswer(EtcdRangeAnswer? ResponseRange = null);

internal sealed record EtcdTxnAnswer(
    EtcdHeader? Header = null, bool Succeeded = false, EtcdOperationAnswer[]? Responses = null) : IEtcdResponse;

internal sealed record EtcdAuthenticate(string Name, string Password);

internal sealed record EtcdToken(EtcdHeader? Header = null, string? Token = null) : IEtcdResponse;

internal sealed record EtcdError(string? Message = null, int Code = 0);

internal sealed record EtcdWatchRequest(EtcdWatchCreate CreateRequest);

internal sealed record EtcdWatchCreate(
    byte[] Key, byte[] RangeEnd, long StartRevision, string[]? Filters);

internal sealed record EtcdWatchMessage(EtcdWatchNews? Result = null, EtcdError? Error = null);

internal sealed record EtcdWatchNews(
    bool Canceled = false,
    string? CancelReason = null,
    long CompactRevision = 0,
    EtcdEvent[]? Events = null);

/// <param name="Type">Null for a put, else <c>DELETE</c>.</param>
internal sealed record EtcdEvent(string? Type = null, EtcdKeyValue? Kv = null)
{
    public bool IsDelete => Type == "DELETE";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.WriteAsString,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EtcdRange))]
[JsonSerializable(typeof(EtcdRangeAnswer))]
[JsonSerializable(typeof(EtcdTxn))]
[JsonSerializable(typeof(EtcdTxnAnswer))]
[JsonSerializable(typeof(EtcdAuthenticate))]
[JsonSerializable(typeof(EtcdToken))]
[JsonSerializable(typeof(EtcdError))]
[JsonSerializable(typeof(EtcdWatchRequest))]
[JsonSerializable(typeof(EtcdWatchMessage))]
internal sealed partial class EtcdJson : JsonSerializerContext;
